namespace NativeTrain.Training;

/// <summary>What a training left behind.</summary>
/// <param name="Folder">The run's folder (full path).</param>
/// <param name="Best">The best weights: weights/best.safetensors; absent if it was interrupted in the first epoch.</param>
/// <param name="Last">The weights of the last epoch: weights/last.safetensors; of an interrupted training also all that is needed to go on.</param>
/// <param name="Epochs">Epochs completed.</param>
/// <param name="Interrupted">Whether it was cancelled.</param>
/// <param name="Validation">The validation of the best weights, as <see cref="Validator"/> gives it; null if interrupted.</param>
public sealed record TrainResult(string Folder, string Best, string Last, int Epochs, bool Interrupted, ValidationResult? Validation);
