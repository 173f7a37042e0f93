/** Flat native memory for tables of the data path: by address, on huge pages where the system has them. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.memory;
