using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>Draws one picture of the shapes set: background, shapes over one another, noise.</summary>
internal sealed class ShapesPicture
{
    public static readonly string[] ClassNames = ["circle", "square", "triangle", "star"];

    private const int MostShapes = 8;
    private const double LeastVisible = 0.30;          // a shape covered more than this is no longer asked for

    private readonly int size;
    private readonly int[] owner;                      // which shape a pixel shows; −1 background
    private SampleRandom random;

    private ShapesPicture(int size, SampleRandom random)
    {
        this.size = size;
        this.random = random;
        owner = new int[size * size];
        Array.Fill(owner, -1);
        Image = new RgbImage(size, size);
    }

    public RgbImage Image { get; }

    /// <summary>The visible shapes, boxes around their visible pixels; with outlines where they were asked for.</summary>
    public List<PixelBox> Boxes { get; } = [];

    /// <summary>A picture of one to eight shapes.</summary>
    /// <param name="size">Side in pixels.</param>
    /// <param name="random">What is drawn.</param>
    /// <param name="outlines">Whether the boxes have outlines, those of their visible pixels.</param>
    public static ShapesPicture Draw(int size, SampleRandom random, bool outlines = false)
    {
        var picture = new ShapesPicture(size, random);
        picture.DrawBackground();
        picture.DrawShapes(outlines);
        picture.AddNoise();
        return picture;
    }

    /// <summary>A picture of one shape, of the kind of that class, large and near the middle.</summary>
    public static ShapesPicture DrawOne(int size, SampleRandom random, int kind)
    {
        var picture = new ShapesPicture(size, random);
        picture.DrawBackground();
        picture.DrawShape(kind);
        picture.AddNoise();
        return picture;
    }

    /// <summary>A colour gradient with a soft pattern of waves and a few lines over it.</summary>
    private void DrawBackground()
    {
        var from = Colour(40, 215);
        var to = Colour(40, 215);
        var (sin, cos) = MathF.SinCos((float)random.Next(0, 2 * Math.PI));
        float amplitude = (float)random.Next(0, 25), fx = (float)random.Next(0.02, 0.25), fy = (float)random.Next(0.02, 0.25), phase = (float)random.Next(0, 6);
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
            {
                float t = Math.Clamp(0.5f + ((x - size / 2f) * cos + (y - size / 2f) * sin) / size, 0, 1);
                float wave = amplitude * MathF.Sin(fx * x + phase) * MathF.Sin(fy * y);
                Blend(x, y, (from.R + (to.R - from.R) * t + wave, from.G + (to.G - from.G) * t + wave, from.B + (to.B - from.B) * t + wave), 1);
            }
        for (int i = random.Below(4); i > 0; i--) DrawLine();
    }

    private void DrawLine()
    {
        var colour = Colour(0, 256);
        var (sin, cos) = MathF.SinCos((float)random.Next(0, Math.PI));
        float offset = (float)random.Next(-0.4, 0.4) * size, half = (float)random.Next(0.4, 2);
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                Blend(x, y, colour, Math.Clamp(half + 0.5f - MathF.Abs((x - size / 2f) * cos + (y - size / 2f) * sin - offset), 0, 1));
    }

    private void DrawShape(int kind)
    {
        float radius = size * (float)random.Next(0.18, 0.42);
        float x = size * (float)random.Next(0.4, 0.6), y = size * (float)random.Next(0.4, 0.6);
        DrawShape(0, ShapeOutline.Create(kind, x, y, radius, (float)random.Next(0, 2 * Math.PI)));
    }

    private void DrawShapes(bool outlines)
    {
        int count = 1 + random.Below(MostShapes);
        var drawn = new (int Kind, int Pixels)[count];
        for (int i = 0; i < count; i++)
        {
            int kind = random.Below(ClassNames.Length);
            // Sizes spread evenly on a logarithmic scale: a 20th to a quarter of the picture, as radius.
            float radius = size * (float)(0.05 * Math.Pow(5, random.Next()));
            float x = (float)random.Next(0, size), y = (float)random.Next(0, size);
            float angle = (float)random.Next(0, 2 * Math.PI);
            drawn[i] = (kind, DrawShape(i, ShapeOutline.Create(kind, x, y, radius, angle)));
        }
        for (int i = 0; i < count; i++) AddBox(i, drawn[i].Kind, drawn[i].Pixels, outlines);
    }

    /// <summary>Paints a shape and returns how many pixels its inside covers.</summary>
    private int DrawShape(int index, ShapeOutline shape)
    {
        var colour = Contrasting((int)shape.X, (int)shape.Y);
        var rim = random.Chance(0.5) ? (colour.R * 0.5f, colour.G * 0.5f, colour.B * 0.5f) : colour;
        float rimWidth = Math.Max(1.5f, shape.Radius * 0.1f);
        float shade = (float)random.Next(-0.25, 0.25);
        int covered = 0;
        int top = Math.Max(0, (int)(shape.Y - shape.Radius - 1)), bottom = Math.Min(size - 1, (int)(shape.Y + shape.Radius + 1));
        int left = Math.Max(0, (int)(shape.X - shape.Radius - 1)), right = Math.Min(size - 1, (int)(shape.X + shape.Radius + 1));
        for (int y = top; y <= bottom; y++)
            for (int x = left; x <= right; x++)
            {
                float distance = shape.Distance(x + 0.5f, y + 0.5f);
                float coverage = Math.Clamp(0.5f - distance, 0, 1);
                if (coverage <= 0) continue;
                float light = 1 + shade * (y - shape.Y) / shape.Radius;
                var paint = distance > -rimWidth ? rim : colour;
                Blend(x, y, (paint.Item1 * light, paint.Item2 * light, paint.Item3 * light), coverage);
                if (coverage < 0.5f) continue;
                owner[y * size + x] = index;
                covered++;
            }
        return covered;
    }

    private void AddBox(int index, int kind, int pixels, bool outline)
    {
        int x1 = size, y1 = size, x2 = -1, y2 = -1, visible = 0;
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
            {
                if (owner[y * size + x] != index) continue;
                (x1, x2) = (Math.Min(x1, x), Math.Max(x2, x));
                (y1, y2) = (Math.Min(y1, y), Math.Max(y2, y));
                visible++;
            }
        // Slivers at the picture's edge and shapes nearly covered cannot be told apart.
        if (visible < LeastVisible * pixels || x2 - x1 < 5 || y2 - y1 < 5) return;
        Boxes.Add(new PixelBox(kind, x1, y1, x2 + 1, y2 + 1, outline ? VisibleOutline(index) : null));
    }

    /// <summary>The outline of a shape's visible pixels; where others lie over it, of all its pieces and holes.</summary>
    private float[] VisibleOutline(int index)
    {
        var borders = MaskOutline.Borders(BitMask.FromOverlap(owner, size, size, index));
        return PolygonJoin.Join([.. borders.Select(p => PolygonSimplification.Simplify(p, MaskOutline.Staircase))]);
    }

    /// <summary>Sensor noise: for each channel the sum of four uniform draws, close to a bell curve.</summary>
    private void AddNoise()
    {
        float strength = (float)random.Next(0, 12);
        byte[] pixels = Image.Pixels;
        for (int i = 0; i < pixels.Length; i++)
        {
            ulong bits = random.NextBits();
            int sum = (int)(bits & 0xFFFF) + (int)(bits >> 16 & 0xFFFF) + (int)(bits >> 32 & 0xFFFF) + (int)(bits >> 48);
            pixels[i] = ToByte(pixels[i] + (sum / 65536f - 2) * 1.73f * strength);   // variance 4/12, so √3 makes it one
        }
    }

    private (float R, float G, float B) Colour(int low, int high) =>
        ((float)random.Next(low, high), (float)random.Next(low, high), (float)random.Next(low, high));

    /// <summary>A colour that can be told from what lies at (x, y).</summary>
    private (float R, float G, float B) Contrasting(int x, int y)
    {
        var under = Image.Pixels.AsSpan((Math.Clamp(y, 0, size - 1) * size + Math.Clamp(x, 0, size - 1)) * 3, 3);
        while (true)
        {
            var c = Colour(0, 256);
            if (MathF.Abs(c.R - under[0]) + MathF.Abs(c.G - under[1]) + MathF.Abs(c.B - under[2]) > 130) return c;
        }
    }

    private void Blend(int x, int y, (float R, float G, float B) colour, float coverage)
    {
        var pixel = Image.Pixels.AsSpan((y * size + x) * 3, 3);
        pixel[0] = ToByte(pixel[0] + (colour.R - pixel[0]) * coverage);
        pixel[1] = ToByte(pixel[1] + (colour.G - pixel[1]) * coverage);
        pixel[2] = ToByte(pixel[2] + (colour.B - pixel[2]) * coverage);
    }

    private static byte ToByte(float v) => (byte)Math.Clamp(v + 0.5f, 0, 255);
}
