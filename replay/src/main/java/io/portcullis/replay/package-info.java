/**
 * {@code portcullis replay}: runs a capture file through the firewall's engine and says what it decides about each packet. All
 * judgement is the engine's; this package reads, feeds and prints.
 */
@NullMarked
package io.portcullis.replay;

import org.jspecify.annotations.NullMarked;
