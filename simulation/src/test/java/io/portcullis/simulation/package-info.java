@NullMarked
package io.portcullis.simulation;

import org.jspecify.annotations.NullMarked;
