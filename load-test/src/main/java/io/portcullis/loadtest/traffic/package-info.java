/** Traffic whose ends check it themselves: every byte and every sequence number, without help from the firewall's counters. */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.traffic;
