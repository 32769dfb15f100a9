// The one script of every page. Pages work without it: each part starts by itself, and fails silently.
import { createAll, Button, ErrorSummary, NotificationBanner, PasswordInput, ServiceNavigation, SkipLink } from "govuk-frontend";
import * as liveRegion from "./live-region";
import * as sharedText from "./shared-text";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const component of [Button, ErrorSummary, NotificationBanner, PasswordInput, ServiceNavigation, SkipLink]) {
  createAll(component);
}
const islands = [liveRegion.start, ...[...document.querySelectorAll<HTMLFormElement>("form[data-island=shared-text]")].map((form) => () => sharedText.start(form))];
for (const start of islands) {
  try {
    start();
  } catch (problem) {
    console.error(problem);
  }
}
