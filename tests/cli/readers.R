#!/usr/bin/Rscript
# Reads a file of profiles with rhdf5 by path. usage: readers.R FILE ; exit 77 where rhdf5 is missing.
if (!requireNamespace("rhdf5", quietly = TRUE)) {
  cat("readers.R: SKIPPED: no rhdf5\n")
  quit(status = 77)
}
suppressPackageStartupMessages(library(rhdf5))
file <- commandArgs(trailingOnly = TRUE)[1]
read <- function(path) suppressWarnings(h5read(file, path, bit64conversion = "double"))

ids <- read("obs/user_id")
attributes_of <- function(path) suppressWarnings(h5readAttributes(file, path)) # enumerations become NA
obs <- attributes_of("obs")
stopifnot(obs[["encoding-type"]] == "dataframe", obs[["_index"]] == "user_id", !anyDuplicated(ids))
for (name in obs[["column-order"]]) {
  about <- attributes_of(paste0("obs/", name))
  stopifnot(nchar(about$description) > 0, nchar(about$family) > 0)
  column <- read(paste0("obs/", name))
  if (about[["encoding-type"]] == "categorical") {
    stopifnot(length(column$codes) == length(ids), max(-1, column$codes) < length(column$categories),
              !anyDuplicated(column$categories))
  } else if (startsWith(about[["encoding-type"]], "nullable")) {
    stopifnot(length(column$values) == length(ids), length(column$mask) == length(ids))
  } else {
    stopifnot(length(column) == length(ids))
  }
}
shape <- attributes_of("X")$shape
var <- read("var")
indptr <- read("X/indptr")
cells <- as.vector(read("X/indices")) + 1
stopifnot(shape[1] == length(ids), shape[2] == length(var$name), length(indptr) == length(ids) + 1)
stopifnot(indptr[length(indptr)] == length(cells), all(read("X/data") == 1))
stopifnot(all(tabulate(cells, nbins = shape[2]) == var$users))
stopifnot(all(var$name == paste0(var$tag, "=", var$label)))
for (name in unique(sub("/.*", "", h5ls(file)$name[h5ls(file)$group == "/obsm"]))) { # sparse matrices by path
  about <- attributes_of(paste0("obsm/", name))
  if (is.null(about[["encoding-type"]]) || about[["encoding-type"]] != "csr_matrix") next
  words <- read(about$vocabulary)
  ends <- read(paste0("obsm/", name, "/indptr"))
  at <- as.vector(read(paste0("obsm/", name, "/indices")))
  stopifnot(about$shape[1] == length(ids), about$shape[2] == length(words), length(ends) == length(ids) + 1)
  stopifnot(ends[length(ends)] == length(at), length(at) == length(read(paste0("obsm/", name, "/data"))))
  stopifnot(length(at) == 0 || (min(at) >= 0 && max(at) < length(words)))
}
stopifnot(nchar(read("uns/run")) > 1)
cat(sprintf("readers.R: %s: %d users, %d labels: all equal\n", file, length(ids), shape[2]))
