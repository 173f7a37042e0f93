/**
 * Ports without any privilege: a {@link io.portcullis.ports.memory.MemoryFabric} in a process that is no host holds the VM end
 * points and joins the hosts' uplinks; hosts connect to it over TCP on loopback. No segmentation offload, checksums are always
 * complete.
 */
@NullMarked
package io.portcullis.ports.memory;

import org.jspecify.annotations.NullMarked;
