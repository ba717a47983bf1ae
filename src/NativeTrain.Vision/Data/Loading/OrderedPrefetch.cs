using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Makes items 0, 1, 2, … on worker threads ahead of time and hands them out in that order. What one item is does not
/// depend on who makes it, so the number of workers changes only the time.
/// </summary>
/// <typeparam name="T">An item; disposed here where nobody takes it any more.</typeparam>
internal sealed class OrderedPrefetch<T> where T : class, IDisposable
{
    /// <summary>Makes one item. <c>worker</c> numbers the thread (for scratch memory); a cancelled token asks to give up.</summary>
    public delegate T Maker(int item, int worker, CancellationToken cancel);

    private readonly Maker make;
    private readonly int workers;
    private long waited;

    /// <param name="make">Makes an item; called on several threads at once.</param>
    /// <param name="workers">Threads; 0 makes every item on the consumer's thread when it is asked for.</param>
    public OrderedPrefetch(Maker make, int workers)
    {
        this.make = make;
        this.workers = workers;
    }

    /// <summary>Seconds that consumers have waited for items so far.</summary>
    public double WaitSeconds => (double)Interlocked.Read(ref waited) / Stopwatch.Frequency;

    /// <summary>
    /// Items 0 … count−1, at most 2 + workers of them made ahead. Leaving the loop early, or an exception in a worker
    /// (which surfaces here, in its item's turn), ends the threads.
    /// </summary>
    public IEnumerable<T> Run(int count, CancellationToken cancel) =>
        workers == 0 ? RunHere(count, cancel) : RunThreads(count, cancel);

    private IEnumerable<T> RunHere(int count, CancellationToken cancel)
    {
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            T item = make(i, 0, cancel);
            Interlocked.Add(ref waited, Stopwatch.GetTimestamp() - start);
            yield return item;
        }
    }

    private IEnumerable<T> RunThreads(int count, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var queue = new Queue(count, workers + 2);
        // Waiting threads and a waiting consumer must notice the stop as well.
        using var wake = stop.Token.Register(queue.WakeAll);
        var threads = new Thread[Math.Min(workers, count)];
        for (int w = 0; w < threads.Length; w++)
        {
            int worker = w;
            threads[w] = new Thread(() => Work(queue, worker, stop.Token)) { IsBackground = true, Name = $"loader {w}" };
            threads[w].Start();
        }
        try
        {
            for (int i = 0; i < count; i++)
            {
                long start = Stopwatch.GetTimestamp();
                T item = queue.Take(i, stop.Token);
                Interlocked.Add(ref waited, Stopwatch.GetTimestamp() - start);
                yield return item;
            }
        }
        finally
        {
            stop.Cancel();
            foreach (var thread in threads) thread.Join();
            queue.DisposeRest();
        }
    }

    private void Work(Queue queue, int worker, CancellationToken stop)
    {
        while (queue.Next(stop) is { } item)
        {
            try
            {
                queue.Put(item, make(item, worker, stop), null);
            }
            catch (Exception e)
            {
                queue.Put(item, null, ExceptionDispatchInfo.Capture(e));
                return;
            }
        }
    }

    /// <summary>The items on their way: a window of slots that moves with the consumer.</summary>
    private sealed class Queue(int count, int window)
    {
        private readonly object gate = new();
        private readonly (T? Item, ExceptionDispatchInfo? Error)[] slots = new (T?, ExceptionDispatchInfo?)[window];
        private int next, taken;

        /// <summary>The next item to make, or null where there is none left; waits while the window is full.</summary>
        public int? Next(CancellationToken stop)
        {
            lock (gate)
            {
                while (next < count && next - taken >= window && !stop.IsCancellationRequested) Monitor.Wait(gate);
                return next < count && !stop.IsCancellationRequested ? next++ : null;
            }
        }

        public void Put(int item, T? made, ExceptionDispatchInfo? error)
        {
            lock (gate)
            {
                slots[item % window] = (made, error);
                Monitor.PulseAll(gate);
            }
        }

        public T Take(int item, CancellationToken stop)
        {
            lock (gate)
            {
                ref var slot = ref slots[item % window];
                while (slot is (null, null))
                {
                    stop.ThrowIfCancellationRequested();
                    Monitor.Wait(gate);
                }
                slot.Error?.Throw();
                T made = slot.Item!;
                slot = default;
                taken = item + 1;
                Monitor.PulseAll(gate);
                return made;
            }
        }

        public void WakeAll()
        {
            lock (gate) Monitor.PulseAll(gate);
        }

        public void DisposeRest()
        {
            foreach (var (item, _) in slots) item?.Dispose();
        }
    }
}
