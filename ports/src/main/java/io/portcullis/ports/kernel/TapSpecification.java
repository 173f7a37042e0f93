package io.portcullis.ports.kernel;

import io.portcullis.datapath.port.PortException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a TAP device is: {@code tap:NAMESPACE/DEVICE}, or {@code tap:/DEVICE} in the process's own namespace.
 *
 * @param namespace name below /run/netns, empty for the own one
 */
record TapSpecification(String namespace, String device) {
    private static final Pattern TEXT = Pattern.compile("tap:([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?/([^/\\s:%]{1,15})");

    static TapSpecification parse(String text) throws PortException {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new PortException("'" + text
                    + "' is no TAP port; write tap:NAMESPACE/DEVICE, or tap:/DEVICE for the host's own namespace");
        }
        String namespace = matcher.group(1);
        return new TapSpecification(namespace == null ? "" : namespace, matcher.group(2));
    }

    /** The command that creates the device. */
    String createCommand(boolean multiQueue) {
        return ip() + " tuntap add dev " + device + " mode tap" + (multiQueue ? " multi_queue" : "") + " vnet_hdr";
    }

    /** The command that shows the device. */
    String showCommand() {
        return ip() + " -d link show dev " + device;
    }

    private String ip() {
        return namespace.isEmpty() ? "ip" : "ip -n " + namespace;
    }

    @Override
    public String toString() {
        return "tap:" + namespace + "/" + device;
    }
}
