package io.portcullis.loadtest.lab;

import io.portcullis.ports.kernel.PacketCapture;

/** The end of captures that were to see everything. */
final class Captures {
    private Captures() {}

    /** Ends it, and says so if it has not seen everything: then frames are missing that were not lost. */
    static void close(String what, PacketCapture capture) {
        try {
            capture.close();
            if (capture.dropped() > 0) {
                System.err.println("portcullis: " + capture.dropped() + " frames at " + what
                        + " could not be looked at and seem lost; this machine is too slow for so many");
            }
        } catch (IllegalStateException failed) {
            System.err.println("portcullis: " + failed.getMessage());
        }
    }
}
