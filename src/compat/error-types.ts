// The error types of jsonwebtoken and jwks-rsa: functions, as code that calls them without `new` or inherits by
// util.inherits needs them.

/** Writes the own members of an error. */
type Fill = (error: { [member: string]: unknown }, detail: unknown) => void;

/** An error type that is called with `new`, or without it on an object that inherits from its prototype. */
export interface ErrorType<Detail, Instance extends Error> {
  new (message: string, detail?: Detail): Instance;
  (this: unknown, message: string, detail?: Detail): void;
  readonly prototype: Instance;
}

/**
 * Makes an error type. Its errors have the members `name` and `message`, both enumerable, and those that `fill` adds.
 * @param parent the type that it inherits from
 */
export function makeErrorType<Detail, Instance extends Error>(
  name: string,
  parent: { readonly prototype: Error },
  fill: Fill,
): ErrorType<Detail, Instance> {
  function construct(this: { [member: string]: unknown }, message: string, detail?: Detail): void {
    Error.captureStackTrace(this, construct);
    this.name = name;
    this.message = message;
    fill(this, detail);
  }
  Object.defineProperty(construct, 'name', { value: name });
  construct.prototype = Object.create(parent.prototype, {
    constructor: { value: construct, writable: true, configurable: true },
  });
  return construct as unknown as ErrorType<Detail, Instance>;
}
