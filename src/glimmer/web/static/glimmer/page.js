// Starts the NHS components' own behaviour (menu, error summary focus, double-click guard).
// Pages work without it.
import { initAll } from "../vendor/nhsuk-frontend/nhsuk-frontend.min.js";

initAll();
