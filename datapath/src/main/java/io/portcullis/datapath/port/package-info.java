/** What the data path asks of a port: bursts of frames in flat memory, VM ports with a movable cut, one uplink, a poller. Implementations live in the module ports. */
@org.jspecify.annotations.NullMarked
package io.portcullis.datapath.port;
