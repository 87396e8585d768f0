//! Renewals on a clock that stands still: when, how often, by whom, and what becomes of the old keys.

use super::*;
use crate::cloud::error::{Class, Effect, Explanation, Operation};
use futures::FutureExt as _;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use tokio::sync::Semaphore;

const LIFE: i64 = 3600;

/// A source that numbers its keys, and fails or hangs on request.
struct Mint {
    now: AtomicI64,
    dice: AtomicU32,
    fetched: AtomicU32,
    broken: AtomicBool,
    /// One permit lets one fetch through.
    gate: Semaphore,
}

impl Mint {
    fn new() -> Arc<Self> {
        let gate = Semaphore::new(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            now: AtomicI64::new(0),
            dice: AtomicU32::new(128),
            fetched: AtomicU32::new(0),
            broken: AtomicBool::new(false),
            gate,
        })
    }

    /// With a gate that is closed.
    fn barred() -> Arc<Self> {
        let mint = Self::new();
        mint.gate.forget_permits(Semaphore::MAX_PERMITS);
        mint
    }

    fn ring(self: &Arc<Self>) -> Ring<u32> {
        let (clock, dice) = (Arc::clone(self), Arc::clone(self));
        let clock = Clock::new(move || Timestamp::from_second(clock.now.load(Ordering::SeqCst)).unwrap());
        let dice = Dice::new(move || [u8::try_from(dice.dice.load(Ordering::SeqCst)).unwrap(); 16]);
        Ring::fetched(Box::new(Arc::clone(self)), clock, dice)
    }

    fn at(&self, second: i64) {
        self.now.store(second, Ordering::SeqCst);
    }

    fn fails(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    fn fetched(&self) -> u32 {
        self.fetched.load(Ordering::SeqCst)
    }
}

impl KeySource<u32> for Arc<Mint> {
    fn fetch(&self) -> BoxFuture<'_, Result<Fresh<u32>, CloudError>> {
        async move {
            let number = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
            self.gate.acquire().await.unwrap().forget();
            if self.broken.load(Ordering::SeqCst) {
                return Err(away());
            }
            let expires = Timestamp::from_second(self.now.load(Ordering::SeqCst) + LIFE).unwrap();
            Ok(Fresh { keys: number, expires })
        }
        .boxed()
    }
}

fn away() -> CloudError {
    let operation = Operation { service: "sts", name: "AssumeRole", effect: Effect::Read };
    let explanation = Explanation::of(Class::Unavailable, "away", "");
    CloudError::explained(operation, &explanation)
}

async fn now(ring: &Ring<u32>) -> Option<u32> {
    ring.current().await.ok().map(|keys| *keys)
}

#[tokio::test(start_paused = true)]
async fn keys_are_renewed_after_about_three_quarters_of_their_life_and_not_all_at_the_same_moment() {
    for (dice, due) in [(0, 2520), (128, 2700), (255, 2880)] {
        let mint = Mint::new();
        mint.dice.store(dice, Ordering::SeqCst);
        let ring = mint.ring();
        ring.freshen().await.unwrap();
        assert_eq!(ring.lifetime().map(|life| life.expires), Timestamp::from_second(LIFE).ok());
        mint.at(due - 3);
        ring.freshen().await.unwrap();
        assert_eq!(mint.fetched(), 1, "not yet");
        mint.at(due + 3);
        ring.freshen().await.unwrap();
        assert_eq!((mint.fetched(), now(&ring).await), (2, Some(2)));
        assert_eq!(ring.lifetime().map(|life| life.expires), Timestamp::from_second(due + 3 + LIFE).ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_without_keys_fetch_once() {
    let mint = Mint::barred();
    let ring = mint.ring();
    let callers = futures::future::join_all((0..100).map(|_| now(&ring)));
    let (all, ()) = futures::future::join(callers, async { mint.gate.add_permits(100) }).await;
    assert_eq!((all, mint.fetched()), (vec![Some(1); 100], 1));
}

#[tokio::test(start_paused = true)]
async fn while_keys_hold_nobody_waits_for_a_renewal_that_hangs() {
    let mint = Mint::barred();
    mint.gate.add_permits(1);
    let ring = mint.ring();
    assert_eq!(now(&ring).await, Some(1));
    mint.at(LIFE - 60);
    let mut renewal = Box::pin(ring.freshen());
    assert!(renewal.as_mut().now_or_never().is_none(), "it hangs");
    assert_eq!(now(&ring).now_or_never(), Some(Some(1)));
    mint.gate.add_permits(1);
    renewal.await.unwrap();
    assert_eq!(now(&ring).await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_keeps_keys_that_hold_and_is_not_repeated_at_once() {
    let mint = Mint::new();
    let ring = mint.ring();
    ring.freshen().await.unwrap();
    mint.at(LIFE - 60);
    mint.fails(true);
    for _ in 0..100 {
        ring.freshen().await.unwrap();
        assert_eq!(now(&ring).await, Some(1));
    }
    assert_eq!(mint.fetched(), 2);
    tokio::time::advance(PAUSE).await;
    mint.fails(false);
    ring.freshen().await.unwrap();
    assert_eq!((mint.fetched(), now(&ring).await), (3, Some(3)));
}

#[tokio::test(start_paused = true)]
async fn when_nothing_holds_everybody_is_told_and_one_in_ten_seconds_tries() {
    let mint = Mint::new();
    let ring = mint.ring();
    ring.freshen().await.unwrap();
    mint.at(LIFE - 9);
    mint.fails(true);
    for second in 0..35 {
        assert_eq!(now(&ring).await, None, "at {second}");
        assert!(ring.freshen().await.is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(mint.fetched(), 1 + 4, "after 0, 10, 20 and 30 seconds");
    mint.fails(false);
    tokio::time::advance(PAUSE).await;
    assert_eq!(now(&ring).await, Some(6));
}

#[tokio::test(start_paused = true)]
async fn who_was_refused_with_keys_that_somebody_has_replaced_gets_the_newer_ones() {
    let mint = Mint::new();
    let ring = mint.ring();
    let old = ring.current().await.unwrap();
    let newer = ring.renew(&old).await.unwrap().unwrap();
    assert_eq!((*newer, mint.fetched()), (2, 2));
    for _ in 0..50 {
        assert_eq!(ring.renew(&old).await.unwrap().as_deref(), Some(&2));
    }
    assert_eq!((now(&ring).await, mint.fetched()), (Some(2), 2));
}

#[tokio::test(start_paused = true)]
async fn refused_keys_are_not_handed_out_again_although_there_are_no_others() {
    let mint = Mint::new();
    let ring = mint.ring();
    let old = ring.current().await.unwrap();
    mint.fails(true);
    assert!(ring.renew(&old).await.is_err());
    assert_eq!((now(&ring).await, ring.lifetime().map(|life| life.expires), mint.fetched()), (None, None, 2));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_in_the_middle_of_a_fetch_leaves_the_ring_whole() {
    let mint = Mint::barred();
    let ring = mint.ring();
    assert_eq!(now(&ring).now_or_never(), None, "left");
    let (waiting, ()) = futures::future::join(now(&ring), async { mint.gate.add_permits(1) }).await;
    assert_eq!(waiting, Some(2), "the next one fetches");
    mint.at(LIFE * 8 / 10);
    assert!(ring.freshen().now_or_never().is_none(), "left while renewing");
    assert_eq!(now(&ring).await, Some(2), "the keys at hand are still there");
}

#[tokio::test(start_paused = true)]
async fn given_keys_are_for_good() {
    let ring = Ring::given(7);
    let keys = ring.current().await.unwrap();
    ring.freshen().await.unwrap();
    assert_eq!((*keys, ring.lifetime().map(|life| life.expires), ring.renew(&keys).await.unwrap()), (7, None, None));
}

#[tokio::test(start_paused = true)]
async fn keys_that_come_with_an_end_in_the_past_are_not_fetched_for_every_call() {
    let mint = Mint::new();
    let ahead = Arc::clone(&mint);
    let ring = Ring::fetched(
        Box::new(Arc::clone(&mint)),
        Clock::new(move || Timestamp::from_second(ahead.now.load(Ordering::SeqCst) + 2 * LIFE).unwrap()),
        Dice::new(|| [128; 16]),
    );
    for _ in 0..100 {
        ring.current().await.unwrap();
    }
    assert_eq!(mint.fetched(), 1);
}
