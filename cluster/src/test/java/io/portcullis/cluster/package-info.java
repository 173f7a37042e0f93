@org.jspecify.annotations.NullMarked
package io.portcullis.cluster;
