// What the types of a router's state hold handlers to.
import { Router } from 'sen-plugin-host'

const router = new Router({ name: 'app' })
  .route('before', ({ state }) => {
    // @ts-expect-error: nothing is known of the state yet.
    return state.n
  })
  .withState({ n: 1 })
  .route('after', ({ state }) => String(state.n))
  .use(async ({ state, command }, next) => {
    // @ts-expect-error: the state has no such thing.
    console.log(command, state.m)
    return await next()
  })

// @ts-expect-error: handlers that were added count on a number.
router.withState({ n: 'one' })

const typed: Router<{ n: number }> = new Router<{ n: number }>({ name: 'db' })
router.nest(
  'db',
  typed.route('x', ({ state, values }) => `${state.n} ${values.to}`),
)

// @ts-expect-error: a reply is a text or parts of a response.
router.route('wrong', () => 1)
