// Shows the description in Redoc, with the fonts of the system.
Redoc.init(
  "/api/openapi.json",
  {
    hideDownloadButton: false,
    theme: { typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } } },
  },
  document.getElementById("api"),
);
