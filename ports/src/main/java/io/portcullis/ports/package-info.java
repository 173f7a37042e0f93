/** What all kinds of ports share. */
@NullMarked
package io.portcullis.ports;

import org.jspecify.annotations.NullMarked;
