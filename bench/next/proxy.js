// Next's proxy, which was called middleware before Next 16 and runs on the Node.js runtime.
import { authenticate } from 'barejose';
import { NextResponse } from 'next/server.js';
import { theVerifier } from './verifier.js';

export const config = { matcher: '/api/guarded' };

export async function proxy(request) {
  const verdict = await authenticate(theVerifier(), request.headers);
  if (!verdict.ok) return new Response(null, { status: verdict.status, headers: verdict.headers });
  const headers = new Headers(request.headers);
  headers.set('x-sub', verdict.jwt.claims.sub);
  return NextResponse.next({ request: { headers } });
}
