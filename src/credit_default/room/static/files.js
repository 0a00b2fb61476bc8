// A file that is dropped on the form is chosen in it; the form is sent at once, as nothing is scored by looking.
document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form.drop")) {
    const chosen = form.querySelector("input[type='file']");
    const mark = (event, over) => { event.preventDefault(); form.classList.toggle("over", over); };
    form.addEventListener("dragover", (event) => mark(event, true));
    form.addEventListener("dragleave", (event) => mark(event, false));
    form.addEventListener("drop", (event) => {
      mark(event, false);
      if (event.dataTransfer.files.length !== 1) {
        form.querySelector(".hint").textContent = "Drop one file at a time.";
        return;
      }
      chosen.files = event.dataTransfer.files;
      form.requestSubmit();
    });
  }
  // what is dropped beside the form must not take the page's place
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
});
