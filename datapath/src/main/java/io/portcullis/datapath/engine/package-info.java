/** The firewall of one vNIC: spoof check, tracking, classification, verdict. One writer: the loop that owns the vNIC. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.engine;
