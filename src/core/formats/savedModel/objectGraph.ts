import { SurgeryError } from '../../errors';
import { readProto } from './protobuf';

/** One object of a checkpoint's graph (tensorflow/core/protobuf/trackable_object_graph.proto). */
export interface CheckpointObject {
  readonly id: number;
  /** Ids of the objects that it holds, by their names. */
  readonly children: ReadonlyMap<string, number>;
  /** Where its value is in the checkpoint and the name of the variable; undefined for what is no variable. */
  readonly variable: { readonly key: string; readonly name: string } | undefined;
  /** Of an optimizer of the first kind: the slot's name, whose it is, and where. */
  readonly slots: readonly { readonly name: string; readonly of: number; readonly slot: number }[];
}

const maxObjects = 500_000;

export class ObjectGraph {
  private readonly objects: readonly CheckpointObject[];

  /** Throws `format-broken` where a reference leads nowhere. */
  constructor(bytes: Uint8Array, private readonly where: string) {
    const nodes = readProto(bytes, where).all(1);
    if (nodes.length > maxObjects) throw new SurgeryError('format-limit', 'The checkpoint has too many objects.', { expected: `at most ${maxObjects}`, received: String(nodes.length), where });
    this.objects = nodes.map((node, id) => this.read(node, id));
  }

  get root(): CheckpointObject {
    return this.at(0);
  }

  at(id: number): CheckpointObject {
    const found = this.objects.at(id);
    if (found && id >= 0) return found;
    throw new SurgeryError('format-broken', 'The checkpoint refers to an object that it does not have.', { received: String(id), where: this.where });
  }

  /** What an object holds under a name; undefined where it holds nothing so called. */
  child(object: CheckpointObject, name: string): CheckpointObject | undefined {
    const id = object.children.get(name);
    return id === undefined ? undefined : this.at(id);
  }

  /** `root.layer-1.cell` */
  follow(path: string): CheckpointObject | undefined {
    return path.split('.').slice(1).reduce<CheckpointObject | undefined>((object, name) => object && this.child(object, name), this.root);
  }

  private read(bytes: Uint8Array, id: number): CheckpointObject {
    const message = readProto(bytes, this.where);
    const children = message.all(1).map((child) => readProto(child, this.where)).map((child) => [child.text(2), child.number(1)] as const);
    const value = message.all(2).map((attribute) => readProto(attribute, this.where)).find((attribute) => attribute.text(1) === 'VARIABLE_VALUE');
    return {
      id,
      children: new Map(children),
      variable: value && { key: value.text(3), name: value.text(2) },
      slots: message.all(3).map((slot) => readProto(slot, this.where)).map((slot) => ({ of: slot.number(1), name: slot.text(2), slot: slot.number(3) })),
    };
  }
}
