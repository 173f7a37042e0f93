package io.portcullis.ports;

/**
 * A frame that was seen passing a device.
 *
 * @param epochNanos when, in nanoseconds since 1970 UTC
 * @param device name of the device or uplink
 * @param toHost true if it went from the network to the process that holds the device, false the other way
 * @param bytes the frame from its Ethernet header on, with its VLAN tag in line; perhaps only its beginning
 * @param originalBytes length of the whole frame
 */
// An array, not copied: a capture sees many frames, and a consumer that keeps one owns it.
@SuppressWarnings("ArrayRecordComponent")
public record CapturedFrame(long epochNanos, String device, boolean toHost, byte[] bytes, int originalBytes) {}
