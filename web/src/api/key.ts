// The admin key of this browser tab. It lives in session storage: closing the tab forgets it.

const STORAGE = 'perennial.key';

export function storedKey(): string | null {
  return sessionStorage.getItem(STORAGE);
}

export function storeKey(key: string): void {
  sessionStorage.setItem(STORAGE, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(STORAGE);
}
