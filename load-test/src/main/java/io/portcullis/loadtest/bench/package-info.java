/** {@code portcullis bench}: measurements of parts of the data path, one class per subcommand. */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.bench;
