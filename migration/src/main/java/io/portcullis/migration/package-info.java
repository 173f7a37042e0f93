/**
 * Live migration: {@code VmPlacement} is the only authority over where a VM's firewalls enforce,
 * {@code MigrationAgent} does the work on each host, {@code BulkOperations}
 * moves many VMs. The protocol's state machine is the pure package {@code model}.
 */
@org.jspecify.annotations.NullMarked
package io.portcullis.migration;
