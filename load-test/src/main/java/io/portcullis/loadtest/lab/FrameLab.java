package io.portcullis.loadtest.lab;

import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.util.List;
import java.util.function.BiConsumer;

/** A lab whose VMs can also be ends that make their frames themselves, and whose fabric can be watched. */
public interface FrameLab extends Lab {
    /** Makes the far end of a VM's port. */
    WireEnd addEnd(String name, MacAddress mac) throws IOException;

    /** Shows every frame that one of these hosts sends to the fabric, with the host's name, on threads of the lab, until it is closed. */
    Observation observe(List<String> hosts, BiConsumer<String, byte[]> observer) throws IOException;

    /** Until it is closed, an observer is shown frames. */
    interface Observation extends AutoCloseable {
        @Override
        void close();
    }
}
