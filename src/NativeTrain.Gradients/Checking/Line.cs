namespace NativeTrain.Gradients;

/// <summary>A line through the inputs, along which a derivative is taken.</summary>
internal abstract record Line
{
    /// <summary>The inputs that move along it.</summary>
    public abstract IReadOnlyList<int> Inputs { get; }

    /// <summary>An input's elements at t, from those at 0.</summary>
    public abstract float[] At(int input, float[] origin, double t);

    /// <summary>The same in double.</summary>
    public abstract double[] At(int input, double[] origin, double t);

    /// <summary>What t came to in float32.</summary>
    public virtual double Realised(IReadOnlyList<float[]> origin, double t) => t;

    /// <summary>One element alone.</summary>
    public sealed record Element(int Input, int Index) : Line
    {
        public override IReadOnlyList<int> Inputs => [Input];

        public override float[] At(int input, float[] origin, double t)
        {
            float[] moved = [.. origin];
            moved[Index] = (float)(origin[Index] + t);
            return moved;
        }

        public override double[] At(int input, double[] origin, double t)
        {
            double[] moved = [.. origin];
            moved[Index] += t;
            return moved;
        }

        public override double Realised(IReadOnlyList<float[]> origin, double t) => (double)(float)(origin[Input][Index] + t) - origin[Input][Index];
    }

    /// <summary>All elements of some inputs, each by its part of a vector of length 1.</summary>
    public sealed record Direction(IReadOnlyDictionary<int, double[]> Moves) : Line
    {
        public override IReadOnlyList<int> Inputs => [.. Moves.Keys];

        /// <summary>
        /// Every element by a random amount, to the side where f grows by the gradient that is to be checked: then nothing cancels in the
        /// product of gradient and direction, which a wrong sign or a missing part of the gradient makes smaller. Where the gradient is 0, or not a number, to any side.
        /// </summary>
        public static Direction Along(IReadOnlyList<int> inputs, IReadOnlyList<float[]> gradients, Random random)
        {
            var moves = inputs.ToDictionary(i => i, i => Array.ConvertAll(gradients[i], g => random.NextDouble() * (g > 0 ? 1 : g < 0 ? -1 : random.Next(2) * 2 - 1)));
            double length = Math.Sqrt(moves.Values.Sum(m => m.Sum(v => v * v)));
            foreach (var m in moves.Values)
                for (int i = 0; i < m.Length; i++)
                    m[i] /= length;
            return new Direction(moves);
        }

        /// <summary>The derivative along it that gradients promise.</summary>
        public double Times(IReadOnlyList<float[]> gradients) => Moves.Sum(m => m.Value.Zip(gradients[m.Key], (d, g) => d * g).Sum());

        public override float[] At(int input, float[] origin, double t)
        {
            double[] d = Moves[input];
            var moved = new float[origin.Length];
            for (int i = 0; i < moved.Length; i++) moved[i] = (float)(origin[i] + t * d[i]);
            return moved;
        }

        public override double[] At(int input, double[] origin, double t) => [.. origin.Zip(Moves[input], (x, d) => x + t * d)];
    }
}
