// A served page: a button asks for the next step and shows what moved.

function listenNext(show) {
  const token = document.body.dataset.token, button = document.getElementById('next');
  if (!token) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    button.disabled = true;
    button.textContent = 'A step runs…';
    try {
      const answer = await fetch('/step', { method: 'POST', headers: { 'X-Inspect-Token': token } });
      if (!answer.ok) throw new Error(await answer.text());
      show(await answer.json());
      button.textContent = 'Take the next step';
    } catch (error) {
      button.textContent = 'Take the next step';
      document.getElementById('lead').textContent = `The step failed: ${error.message}`;
    } finally {
      button.disabled = false;
    }
  });
}
