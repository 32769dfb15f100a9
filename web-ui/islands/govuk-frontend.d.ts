// The package ships no types. This is what we use of it.
declare module "govuk-frontend" {
  type Component = new (root: HTMLElement) => unknown;
  export function createAll(component: Component): void;
  export const Button: Component;
  export const ErrorSummary: Component;
  export const NotificationBanner: Component;
  export const PasswordInput: Component;
  export const ServiceNavigation: Component;
  export const SkipLink: Component;
}
