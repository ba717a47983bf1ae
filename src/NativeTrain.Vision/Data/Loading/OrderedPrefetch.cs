using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Makes items 0, 1, 2, … on worker threads ahead of time and hands them out in that order. What one item is does not
/// depend on who makes it, so the number of workers changes only the time.
/// </summary>
/// <typeparam name="T">An item; disposed here where nobody takes it any more.</typeparam>
internal sealed class OrderedPrefetch<T> : IDisposable where T : class, IDisposable
{
    /// <summary>Makes one item. <c>worker</c> numbers the thread (for scratch memory); a cancelled token asks to give up.</summary>
    public delegate T Maker(int item, int worker, CancellationToken cancel);

    private readonly Maker make;
    private readonly int workers;
    private long waited;
    private Threads? threads;

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
    /// Items 0 … count−1, to be walked through once; at most 2 + workers of them are made ahead, from this call on, which ends the threads of the one before. Leaving the
    /// loop early, an exception in a worker (which surfaces here, in its item's turn), or <see cref="Dispose"/> ends the threads.
    /// </summary>
    public IEnumerable<T> Run(int count, CancellationToken cancel)
    {
        threads?.Dispose();
        return workers == 0 ? RunHere(count, cancel) : Take(threads = new Threads(make, Math.Min(workers, count), count, cancel));
    }

    /// <summary>Ends the threads of the last <see cref="Run"/>, also where nobody walked through its items.</summary>
    public void Dispose() => threads?.Dispose();

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

    private IEnumerable<T> Take(Threads threads)
    {
        using (threads)
        {
            for (int i = 0; i < threads.Count; i++)
            {
                long start = Stopwatch.GetTimestamp();
                T item = threads.Take(i);
                Interlocked.Add(ref waited, Stopwatch.GetTimestamp() - start);
                yield return item;
            }
        }
    }

    /// <summary>The threads that make items 0 … count−1, and the items that wait to be taken.</summary>
    private sealed class Threads : IDisposable
    {
        private readonly Maker make;
        private readonly Queue queue;
        private readonly Thread[] threads;
        private readonly CancellationTokenSource stop;
        private readonly CancellationToken stopped;
        private readonly CancellationTokenRegistration wake;

        public Threads(Maker make, int workers, int count, CancellationToken cancel)
        {
            this.make = make;
            Count = count;
            queue = new Queue(count, workers + 2);
            stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            stopped = stop.Token;
            // Waiting threads and a waiting consumer must notice the stop as well.
            wake = stopped.Register(queue.WakeAll);
            threads = [.. Enumerable.Range(0, workers).Select(w => new Thread(() => Work(w)) { IsBackground = true, Name = $"loader {w}" })];
            foreach (var thread in threads) thread.Start();
        }

        public int Count { get; }

        public T Take(int item) => queue.Take(item, stopped);

        private void Work(int worker)
        {
            while (queue.Next(stopped) is { } item)
            {
                try
                {
                    queue.Put(item, make(item, worker, stopped), null);
                }
                catch (Exception e)
                {
                    queue.Put(item, null, ExceptionDispatchInfo.Capture(e));
                    return;
                }
            }
        }

        /// <summary>Ends the threads and disposes what nobody took. A second time it does nothing.</summary>
        public void Dispose()
        {
            if (!stopped.IsCancellationRequested) stop.Cancel();
            foreach (var thread in threads) thread.Join();
            queue.DisposeRest();
            wake.Dispose();
            stop.Dispose();
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
            lock (gate)
            {
                foreach (var (item, _) in slots) item?.Dispose();
                Array.Clear(slots);
            }
        }
    }
}
