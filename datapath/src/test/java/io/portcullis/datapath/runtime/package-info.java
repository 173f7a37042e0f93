@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.runtime;
