//! How an object is named: in the address of `/objects/KEY` and as the attachment of an order.

export const objectKeyText = "1 to 128 of A-Z a-z 0-9 _ . -, not only dots";

export function isObjectKey(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,128}$/.test(text) && !/^\.+$/.test(text);
}
