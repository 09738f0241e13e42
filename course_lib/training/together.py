"""The parts of a network that have to see what all devices of a run compute: batch normalisation, loss, loss scale."""

from course_lib.quiet import load_tensorflow


def for_team(model):
    """The same network with the same weights, whose batch normalisation takes the batch of all devices.

    Args:
        model: network of Keras' layers, built in the scope of a team.
    """
    from course_lib.backend import keras

    def synchronised(layer):
        config = layer.get_config()
        if type(layer) is keras.layers.BatchNormalization:
            config["synchronized"] = True
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=synchronised)
    copy.set_weights(model.get_weights())
    return copy


def whole_batch(loss):
    """`loss` (a mean over the batch) of what all devices predict together.

    Every device computes it of the whole batch, divided by the number of devices, since Keras adds up their gradients;
    what comes back through the gathering is added up over devices too. So the gradient is that of one device.
    """
    from course_lib.backend import keras

    class WholeBatchLoss(keras.losses.Loss):
        def call(self, y_true, y_pred):
            context = load_tensorflow().distribute.get_replica_context()
            y_true, y_pred = (context.all_gather(part, axis=0) for part in (y_true, y_pred))
            return keras.ops.mean(loss.call(y_true, y_pred)) / context.num_replicas_in_sync  # Keras leaves scalars be

    return WholeBatchLoss(name=loss.name)


def team_adam(policy, adam):
    """What makes an optimiser of a learning rate and an epsilon, for several devices computing in precision `policy`.

    Args:
        policy: Keras' name of the precision.
        adam: `keras.optimizers.Adam`, or a class made from it.
    """
    from course_lib.backend import keras

    if policy != "mixed_float16":
        return adam

    class TeamScaler(keras.optimizers.LossScaleOptimizer):
        """Keras' own loss scaling does not run in a graph of several devices, and asks the first one alone.

        Where gradients overflow on any device, all of them take zero gradients for that step and halve the scale; on
        one device, Keras leaves the step out.
        """

        def add_variable(self, *args, **words):
            return super().add_variable(*args, **{**words, "aggregation": "only_first_replica"})

        def _tf_apply(self, grads, trainable_variables=None):
            tf = load_tensorflow()
            context = tf.distribute.get_replica_context()
            overflown = tf.cast(tf.logical_not(self.check_finite(grads)), tf.float32)
            sound = context.all_reduce(tf.distribute.ReduceOp.SUM, overflown) == 0
            scale, steps = keras.ops.convert_to_tensor(self.dynamic_scale), self.step_counter + 1
            zeroed = [g if g is None else tf.where(sound, g / tf.cast(scale, g.dtype), tf.zeros_like(g)) for g in grads]
            self.inner_optimizer.apply(zeroed, trainable_variables)
            grows = steps >= self.dynamic_growth_steps
            self.step_counter.assign(tf.where(sound & ~grows, steps, tf.zeros_like(steps)))
            self.dynamic_scale.assign(tf.where(sound, tf.where(grows, scale * 2, scale), scale / 2))

    return lambda rate, epsilon: TeamScaler(adam(rate, epsilon=epsilon))
