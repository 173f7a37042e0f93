/** The world around the hosts: a fabric, their uplinks, and VMs with programs inside. Leaves nothing behind. */
@org.jspecify.annotations.NullMarked
package io.portcullis.loadtest.lab;
