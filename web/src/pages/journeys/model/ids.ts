// Ids of people in pasted text.

/** People of one request at most. */
export const USERS_MAX = 10_000;

/** One id a line, as a column of a table is pasted. Empty lines are left out, and each id counts once. */
export const idsIn = (text: string): string[] => [...new Set(text.split(/\r?\n/).map((line) => line.trim()).filter(Boolean))];
