// Starts the components of the page; without scripts every page works all the same.
import { initAll } from "./vendor/nhsuk-frontend/nhsuk-frontend.min.js";

initAll();
