"""News for open pages: the newest of each session, from any thread, and a stalled page costs nothing."""

import asyncio
import threading

from glimmer.actions.bus import BOARD, Bus


def test_a_page_hears_its_session_and_the_board_hears_all() -> None:
    async def scene() -> tuple[list[int], list[int]]:
        bus = Bus()
        with bus.subscribe(7) as page, bus.subscribe(BOARD) as board:
            bus.publish(7, 1)
            bus.publish(8, 5)
            await asyncio.sleep(0)
            heard = [await page.next(0.01), await page.next(0.01)]
            seen = [await board.next(0.01), await board.next(0.01)]
        return [n.seq for n in heard if n], [n.session_id for n in seen if n]

    assert asyncio.run(scene()) == ([1], [7, 8])


def test_a_stalled_page_keeps_one_notice_of_each_session_and_it_is_the_newest() -> None:
    async def scene() -> list[tuple[int, int]]:
        bus = Bus()
        with bus.subscribe(BOARD) as board:
            for seq in range(1, 1001):
                bus.publish(seq % 3, seq)
            await asyncio.sleep(0)
            waiting = []
            while (notice := await board.next(0.01)) is not None:
                waiting.append((notice.session_id, notice.seq))
        return sorted(waiting)

    assert asyncio.run(scene()) == [(0, 999), (1, 1000), (2, 998)]


def test_a_page_that_waits_wakes_when_another_thread_publishes() -> None:
    async def scene() -> int:
        bus = Bus()
        with bus.subscribe(1) as page:
            threading.Timer(0.02, bus.publish, (1, 42)).start()
            notice = await page.next(5)
        assert notice is not None
        return notice.seq

    assert asyncio.run(scene()) == 42


def test_silence_gives_nothing_so_that_a_heartbeat_can_be_sent() -> None:
    async def scene() -> object:
        with Bus().subscribe(1) as page:
            return await page.next(0.01)

    assert asyncio.run(scene()) is None


def test_a_page_that_left_is_forgotten() -> None:
    async def scene() -> int:
        bus = Bus()
        with bus.subscribe(1):
            assert bus.listening() == 1
        return bus.listening()

    assert asyncio.run(scene()) == 0


def test_a_loop_that_closed_does_not_stop_the_news_for_others() -> None:
    bus = Bus()

    async def leaves_without_closing() -> None:
        bus.subscribe(1)

    async def stays() -> bool:
        with bus.subscribe(1) as page:
            bus.publish(1, 1)
            return await page.next(1) is not None

    asyncio.run(leaves_without_closing())
    assert asyncio.run(stays())


def test_fifty_pages_are_told_with_one_rendering() -> None:
    async def scene() -> tuple[int, set[str]]:
        bus, rendered = Bus(), []
        pages = [bus.subscribe(1) for _ in range(50)]
        bus.publish(1, 1)
        await asyncio.sleep(0)
        shown = set()
        for page in pages:
            notice = await page.next(1)
            assert notice is not None
            shown.add(notice.once("panel", lambda: rendered.append(1) or "html"))
        return len(rendered), shown

    assert asyncio.run(scene()) == (1, {"html"})
