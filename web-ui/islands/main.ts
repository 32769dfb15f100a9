// The one script of every page. Pages work without it: each part starts by itself, and fails silently.
import { createAll, Button, ErrorSummary, NotificationBanner, PasswordInput, ServiceNavigation, SkipLink } from "govuk-frontend";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const component of [Button, ErrorSummary, NotificationBanner, PasswordInput, ServiceNavigation, SkipLink]) {
  createAll(component);
}
