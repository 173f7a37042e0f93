/**
 * Rule tables: what the compiler hands to the data path. Immutable, content-addressed, free of groups, tags and names
 * other than those that a verdict reports.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.policy.table;
