/** Between the documents of the API and the central model, both ways, with the way back for the paths of problems. */
@org.jspecify.annotations.NullMarked
package io.portcullis.admin.document;
