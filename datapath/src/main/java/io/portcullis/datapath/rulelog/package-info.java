/** What rules with {@code log} saw, on its way from the loop to whoever writes it down. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.rulelog;
