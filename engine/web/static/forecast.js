// Looks again every few seconds while a forecast or a trial run is made; without scripts the page has a link for it.
if (document.querySelector("[data-running]")) {
  setTimeout(() => location.assign(location.pathname), 4000);
}
