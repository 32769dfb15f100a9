// Refreshes marked regions when the node says that something changed. Without it, the page is as it was when it loaded.

const reasons = new Set<string>();
let words = "";

/** Says in the status line that the node cannot be reached, for as long as one part of the page says so. */
export function cutOff(part: string, isCut: boolean): void {
  const line = document.getElementById("status-line");
  const sentence = line?.querySelector("p");
  if (isCut ? reasons.has(part) : !reasons.delete(part)) return;
  if (isCut) reasons.add(part);
  if (!line?.parentElement || !sentence) return;
  const isShown = line.parentElement.classList.toggle("fp-status--cut", reasons.size > 0);
  if (isShown && !words) [words, sentence.textContent] = [sentence.innerHTML, line.dataset.cutOff ?? ""];
  else if (!isShown) [sentence.innerHTML, words] = [words, ""];
}

export function start(): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-island=live-region][id]")];
  const address = document.body.dataset.live;
  if (!address || regions.length === 0) return;
  const due = new Set<string>();
  let [stream, timer]: [EventSource | undefined, number] = [undefined, 0];

  async function refresh(): Promise<void> {
    const concerned = regions.filter((region) => region.dataset.on?.split(" ").some((name) => due.has(name)));
    due.clear();
    if (concerned.length === 0 || reasons.size > 0) return;
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const region of concerned) {
      const fresh = page.getElementById(region.id);
      if (!fresh || fresh.innerHTML === region.innerHTML) continue;
      const swap = () => region.replaceChildren(...fresh.childNodes);
      // What has the focus is not taken away; it is refreshed once the focus has left.
      if (region.contains(document.activeElement)) {
        region.addEventListener("focusout", () => note(region.dataset.on ?? ""), { once: true });
      } else swap();
    }
  }

  function note(names: string): void {
    names.split(" ").forEach((name) => due.add(name));
    clearTimeout(timer);
    timer = window.setTimeout(() => void refresh().catch(() => undefined), 300);
  }

  // Browsers allow few open streams: a tab that nobody sees gives its own back.
  function follow(): void {
    if (document.hidden) return stream?.close();
    stream = new EventSource(address as string);
    stream.onmessage = (event) => note(event.data);
    // A stream that the node refuses is closed for good; one that is cut is being opened again.
    stream.onerror = () => cutOff("stream", stream?.readyState === EventSource.CONNECTING);
    stream.onopen = () => (cutOff("stream", false), note("status"));
  }
  document.addEventListener("visibilitychange", () => {
    follow();
    if (!document.hidden) note("status members documents");
  });
  follow();
}
