// A sentence of the server in the language of the page, or, where that has no words for it, in English, laid out as
// English is.

import { type Sentence, useSentences } from '../lib/sentences';

interface Props {
  /** What it says, as data; nothing: there is only the English. */
  code: Sentence | null | undefined;
  /** The same in English. */
  text: string | null | undefined;
}

export function Told({ code, text }: Props) {
  const say = useSentences();
  const words = say(code);
  return words === null ? <English>{text}</English> : <span data-sentence={code?.code}>{words}</span>;
}

/** What the server says in English only. */
export function English({ children }: { children: string | null | undefined }) {
  return children ? <span lang="en" dir="ltr">{children}</span> : null;
}
