// What `shared-text` computes. An operation says what happens to a whole text from its start: a positive number keeps
// so many code units, a negative one removes so many, a string is inserted. What is left at the end is kept.

export type Splice = { at: number; del: number; ins: string };
export type Operation = (number | string)[];

export const operation = ({ at, del, ins }: Splice): Operation => tidy([at, ins, -del]);

/** Returns the operation without empty parts, and with like parts joined. */
function tidy(parts: Operation): Operation {
  const tidied: Operation = [];
  for (const part of parts) {
    const last = tidied[tidied.length - 1];
    if (part === 0 || part === "") continue;
    if (typeof part === "string" && typeof last === "string") tidied[tidied.length - 1] = last + part;
    else if (typeof part === "number" && typeof last === "number" && part > 0 === last > 0) tidied[tidied.length - 1] = last + part;
    else tidied.push(part);
  }
  if (typeof tidied.at(-1) === "number" && (tidied.at(-1) as number) > 0) tidied.pop();
  return tidied;
}

/** Returns the splices, each on the text that the one before it left. */
export function splices(parts: Operation): Splice[] {
  const all: Splice[] = [];
  let at = 0;
  for (const part of parts) {
    if (typeof part === "number" && part > 0) at += part;
    else {
      const last = all.at(-1);
      const here = last && last.at + last.ins.length === at ? last : { at, del: 0, ins: "" };
      if (here !== last) all.push(here);
      if (typeof part === "string") (here.ins += part), (at += part.length);
      else here.del -= part;
    }
  }
  return all;
}

export function apply(text: string, parts: Operation): string {
  let [from, made] = [0, ""];
  for (const part of parts) {
    if (typeof part === "string") made += part;
    else if (part > 0) (made += text.slice(from, from + part)), (from += part);
    else from -= part;
  }
  return made + text.slice(from);
}

/** Returns the operation that takes `parts`, done to `text`, back. */
export function invert(parts: Operation, text: string): Operation {
  let from = 0;
  return tidy(parts.map((part) => {
    if (typeof part === "string") return -part.length;
    const here = text.slice(from, (from += Math.abs(part)));
    return part > 0 ? part : here;
  }));
}

/** Returns both operations as they must be to follow the other: doing a, then b', is doing b, then a'. */
export function transform(a: Operation, b: Operation): [Operation, Operation] {
  const [left, right] = [[...a], [...b]];
  const [afterB, afterA]: [Operation, Operation] = [[], []];
  const end = Number.MAX_SAFE_INTEGER;
  while (left.length > 0 || right.length > 0) {
    const [x, y] = [left[0] ?? end, right[0] ?? end];
    if (typeof x === "string") { afterB.push(x); afterA.push(x.length); left.shift(); continue; }
    if (typeof y === "string") { afterB.push(y.length); afterA.push(y); right.shift(); continue; }
    const length = Math.min(Math.abs(x), Math.abs(y));
    if (x > 0 && y > 0) { afterB.push(length); afterA.push(length); }
    else if (x < 0 && y > 0) afterB.push(-length);
    else if (x > 0 && y < 0) afterA.push(-length);
    for (const [side, part] of [[left, x], [right, y]] as const) {
      if (part === end) continue;
      if (Math.abs(part) === length) side.shift();
      else side[0] = part > 0 ? part - length : part + length;
    }
  }
  return [tidy(afterB), tidy(afterA)];
}

/** Returns where an offset is after a splice of somebody else. */
export function move(offset: number, { at, del, ins }: Splice): number {
  if (offset <= at) return offset;
  return offset >= at + del ? offset - del + ins.length : at;
}

/** Returns both splices as one, if the second goes on where the first ended. */
export function join(first: Splice, second: Splice): Splice | undefined {
  const end = first.at + first.ins.length;
  const onlyRemove = first.ins === "" && second.ins === "";
  if (onlyRemove && (second.at === first.at || second.at + second.del === first.at)) {
    return { at: second.at, del: first.del + second.del, ins: "" };
  }
  if (second.at < first.at || second.at > end || second.at + second.del > end) return undefined;
  const from = second.at - first.at;
  return { ...first, ins: first.ins.slice(0, from) + second.ins + first.ins.slice(from + second.del) };
}

/** What one tab can take back, oldest first. Each operation fits the text as it is once those after it are done. */
export class History {
  private stack: Operation[] = [];
  private open?: { splice: Splice; before: string };

  /** Remembers an edit of `before`; letters that follow one another become one entry, word by word. */
  add(splice: Splice, before: string): void {
    const joined = this.open && !/^\s/.test(splice.ins) && join(this.open.splice, splice);
    if (this.open && joined) {
      this.open.splice = joined;
      this.stack[this.stack.length - 1] = invert(operation(joined), this.open.before);
    } else {
      this.open = { splice, before };
      this.push(invert(operation(splice), before));
    }
  }

  push(parts: Operation): void {
    this.stack.push(parts);
    if (this.stack.length > 500) this.stack.shift();
  }

  pop(): Operation | undefined {
    this.open = undefined;
    return this.stack.pop();
  }

  clear(): void {
    this.open = undefined;
    this.stack = [];
  }

  /** Carries every entry over an edit of somebody else. */
  carry(theirs: Operation): void {
    this.open = undefined;
    for (let index = this.stack.length - 1; index >= 0; index--) {
      [this.stack[index], theirs] = transform(this.stack[index] ?? [], theirs);
    }
  }
}

/** Returns the one splice between two texts. The caret after it, and where the selection began, tell equal letters apart. */
export function difference(before: string, after: string, began: number, caret: number): Splice {
  const shorter = Math.min(before.length, after.length);
  const same = (offset: number) => before[before.length - 1 - offset] === after[after.length - 1 - offset];
  let tail = 0;
  while (tail < shorter && tail < after.length - caret && same(tail)) tail++;
  let head = 0;
  while (head < shorter - tail && head < began && before[head] === after[head]) head++;
  while (tail < shorter - head && same(tail)) tail++;
  while (head < shorter - tail && before[head] === after[head]) head++;
  const isHigh = (text: string, at: number) => /[\ud800-\udbff]/.test(text[at] ?? "");
  const isLow = (text: string, at: number) => /[\udc00-\udfff]/.test(text[at] ?? "");
  // Half a letter beyond the basic plane is no text: take the whole of it.
  if (head > 0 && isHigh(before, head - 1)) head--;
  if (tail > 0 && (isLow(before, before.length - tail) || isLow(after, after.length - tail))) tail--;
  return { at: head, del: before.length - head - tail, ins: after.slice(head, after.length - tail) };
}
