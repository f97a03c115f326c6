// The service as a worker of workerd, which is what Cloudflare Workers run on.
import { service } from './service.mjs';

let handler;

export default {
  fetch(request, { ISSUERS }) {
    handler ??= service(ISSUERS);
    return handler(request);
  },
};
