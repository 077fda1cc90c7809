// What the page's buttons do, without the libraries that Data Docs would load.
"use strict";

function succeeded(row) {
  return row.querySelector(".fa-check-circle") !== null;
}

function markSucceeded() {
  for (const section of document.querySelectorAll(".ge-section")) {
    const rows = [...section.querySelectorAll("tbody tr")].filter((row) => row.querySelector(".fas"));
    rows.forEach((row) => row.classList.toggle("succeeded", succeeded(row)));
    const quiet = rows.length > 0 && rows.every(succeeded);
    section.classList.toggle("all-succeeded", quiet);
    const link = document.querySelector(`a.ge-navigation-sidebar-link[href="#${section.id}"]`);
    if (link) link.classList.toggle("all-succeeded", quiet);
  }
}

function press(label) {
  document.querySelectorAll("label.btn").forEach((one) => one.classList.toggle("active", one === label));
}

function showAllValidations() {
  document.body.classList.remove("failed-only");
}

function hideSucceededValidations() {
  document.body.classList.add("failed-only");
}

document.addEventListener("DOMContentLoaded", () => {
  markSucceeded();
  document.querySelectorAll("label.btn").forEach((label) => label.addEventListener("click", () => press(label)));
  document.querySelectorAll('[data-toggle="collapse"]').forEach((button) =>
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const target = document.querySelector(button.dataset.target || button.getAttribute("href"));
      if (target) target.classList.toggle("show");
    }));
});
