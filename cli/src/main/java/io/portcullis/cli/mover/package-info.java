/**
 * Moves VMs where no hypervisor's manager does, while their firewalls follow: {@link io.portcullis.cli.mover.MoveDriver} tells the cluster what a
 * {@link io.portcullis.cli.mover.VmMover} does. Blocking; for programs on a host, such as the command.
 */
@NullMarked
package io.portcullis.cli.mover;

import org.jspecify.annotations.NullMarked;
