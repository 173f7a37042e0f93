/** Controls of a scenario's run: the same traffic to VMs that move by other ways. */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.arm;
