import { assert } from "../../base/assert.ts";
import { type NodeId } from "../../base/brand.ts";
import { type BrokerRegistrationChangeRecord } from "../../protocol/metadata-records/broker-registration-change.ts";
import { type RegisterBrokerRecord } from "../../protocol/metadata-records/register-broker.ts";
import { type RegisterControllerRecord } from "../../protocol/metadata-records/register-controller.ts";
import { type UnregisterBrokerRecord } from "../../protocol/metadata-records/unregister-broker.ts";
import { type BrokerRegistration, type ClusterImage, type ControllerRegistration } from "../image/cluster-image.ts";
import { applied, removeUnmentioned, type Changes } from "./changes.ts";

export class ClusterDelta {
  /** New registration by broker; undefined when it was unregistered. */
  readonly changedBrokers: Changes<NodeId, BrokerRegistration> = new Map();
  readonly changedControllers: Changes<NodeId, ControllerRegistration> = new Map();
  readonly #image: ClusterImage;

  constructor(image: ClusterImage) {
    this.#image = image;
  }

  broker(id: NodeId): BrokerRegistration | undefined {
    return this.changedBrokers.has(id) ? this.changedBrokers.get(id) : this.#image.brokers.get(id);
  }

  replayRegisterBroker(record: RegisterBrokerRecord): void {
    this.changedBrokers.set(record.brokerId, {
      id: record.brokerId,
      epoch: record.brokerEpoch,
      incarnationId: record.incarnationId,
      endpoints: record.endPoints,
      features: record.features,
      rack: record.rack,
      fenced: record.fenced,
      inControlledShutdown: record.inControlledShutdown,
      isMigratingZkBroker: record.isMigratingZkBroker,
      directories: record.logDirs,
      cordonedDirectories: record.cordonedLogDirs,
    });
  }

  replayUnregisterBroker(record: UnregisterBrokerRecord): void {
    this.changedBrokers.set(record.brokerId, undefined);
  }

  replayFencing(brokerId: NodeId, brokerEpoch: number, fenced: boolean): void {
    this.changedBrokers.set(brokerId, { ...this.#registered(brokerId, brokerEpoch), fenced });
  }

  replayBrokerRegistrationChange(record: BrokerRegistrationChangeRecord): void {
    const broker = this.#registered(record.brokerId, record.brokerEpoch);
    this.changedBrokers.set(record.brokerId, {
      ...broker,
      // -1 unfences, 1 fences, 0 leaves it as it is.
      fenced: record.fenced === 0 ? broker.fenced : record.fenced === 1,
      inControlledShutdown: record.inControlledShutdown === 1 || broker.inControlledShutdown,
      directories: record.logDirs.length === 0 ? broker.directories : record.logDirs,
      cordonedDirectories: record.cordonedLogDirs ?? broker.cordonedDirectories,
    });
  }

  replayRegisterController(record: RegisterControllerRecord): void {
    this.changedControllers.set(record.controllerId, {
      id: record.controllerId,
      incarnationId: record.incarnationId,
      zkMigrationReady: record.zkMigrationReady,
      endpoints: record.endPoints,
      features: record.features,
    });
  }

  finishSnapshot(): void {
    removeUnmentioned(this.#image.brokers, this.changedBrokers);
    removeUnmentioned(this.#image.controllers, this.changedControllers);
  }

  apply(): ClusterImage {
    return {
      brokers: applied(this.#image.brokers, this.changedBrokers),
      controllers: applied(this.#image.controllers, this.changedControllers),
    };
  }

  #registered(id: NodeId, epoch: number): BrokerRegistration {
    const broker = this.broker(id);
    assert(broker !== undefined, `a record changes broker ${id}, which is not registered`);
    assert(broker.epoch === epoch, `a record changes broker ${id} epoch ${epoch}, which has epoch ${broker.epoch}`);
    return broker;
  }
}
