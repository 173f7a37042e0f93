@org.jspecify.annotations.NullMarked
package io.portcullis.migration.model;
