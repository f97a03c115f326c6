// A route behind the proxy, which tells it whose token it was.
export function GET(request) {
  return Response.json({ sub: request.headers.get('x-sub') });
}
