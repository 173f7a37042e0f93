/**
 * Ports on the Linux kernel, by the foreign function interface: TAP queues of VM ports and uplinks, poll(2), AF_PACKET capture,
 * network namespaces. Linux on x86-64 and aarch64; needs CAP_NET_ADMIN, for named namespaces CAP_SYS_ADMIN as well.
 */
@NullMarked
package io.portcullis.ports.kernel;

import org.jspecify.annotations.NullMarked;
